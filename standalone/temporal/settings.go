package temporal

import (
	"maps"

	"go.temporal.io/server/common/dynamicconfig"
)

const shards = 1

func connectAttributes() map[string]string {
	return map[string]string{
		"mode":         "rwc",
		"journal_mode": "WAL",
		"synchronous":  "FULL",
		"busy_timeout": "10000",
	}
}

// dynamicSettings are the server's dynamic configuration.
func dynamicSettings(stockDispatch bool) dynamicconfig.StaticClient {
	all := dynamicconfig.StaticClient{}
	maps.Copy(all, limits)
	if !stockDispatch {
		maps.Copy(all, dispatch)
	}
	return all
}

var dispatch = dynamicconfig.StaticClient{
	dynamicconfig.TransferProcessorMaxPollRPS.Key(): 200,
	dynamicconfig.TimerProcessorMaxPollRPS.Key(): 200,
	dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): 200,
	dynamicconfig.OutboundProcessorMaxPollRPS.Key(): 200,
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key(): 1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
}

var limits = dynamicconfig.StaticClient{
}
