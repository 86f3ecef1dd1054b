package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/standalone/house"
)

func upCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:     "up -c FILE",
		Short:   "Run Lastday against real vendors",
		Example: `  standalone up -c lastday.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return errors.New("up needs the configuration: -c FILE (see lastday.example.yaml)")
			}
			f, err := config.Load(path)
			if err != nil {
				return err
			}
			h, err := house.Open(cmd.Context(), f, house.Options{})
			if err != nil {
				return err
			}
			defer h.Close()
			fmt.Printf("serving %v\ntemporal   %s\ntemporal ui %s\nstop with Ctrl-C; cases go on at the next start\n",
				f.Names(), h.Server.FrontendAddr(), h.Server.UIURL())
			fmt.Printf("record     %s/record\n", h.Pages)
			if f.Serve.Slack != nil || len(f.Hooks.Sources) > 0 {
				fmt.Printf("doors      http://%s\n", h.Doors.Addr())
			}
			if at := h.Metrics.Addr(); at != "" {
				fmt.Printf("metrics    http://%s/metrics\n", at)
			}
			<-cmd.Context().Done()
			h.Metrics.Drain()
			fmt.Println("stopping: running steps may finish")
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file")
	return c
}
