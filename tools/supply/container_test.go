package supply

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheImageIsDistrolessAndNotRoot(t *testing.T) {
	stages := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatchIndex(read(t, "../../Dockerfile"), -1)
	last := stages[len(stages)-1]
	file := read(t, "../../Dockerfile")
	if from := file[last[2]:last[3]]; !regexp.MustCompile(`^gcr\.io/distroless/static-debian\d+:nonroot$`).MatchString(from) {
		t.Errorf("the image is made from %s", from)
	}
	final := file[last[0]:]
	if !regexp.MustCompile(`(?m)^USER nonroot$`).MatchString(final) || regexp.MustCompile(`(?m)^(RUN|ADD|SHELL|USER root)`).MatchString(final) {
		t.Errorf("the last stage ends as root, or runs something:\n%s", final)
	}
}

// The flags stand in both files, and what they give is compared in reproducible/.
func TestTheImageIsBuiltAsByTheMakefile(t *testing.T) {
	flags := regexp.MustCompile(`(?m)^BUILD := (.*)$`).FindStringSubmatch(read(t, "../../Makefile"))
	if flags == nil || !strings.Contains(flags[1], "-trimpath") || !strings.Contains(flags[1], "-buildid=") {
		t.Fatal("the Makefile builds without -trimpath, or with a build id")
	}
	if !strings.Contains(read(t, "../../Dockerfile"), "CGO_ENABLED=0 go build "+flags[1]+" -o") {
		t.Errorf("the Dockerfile builds otherwise than with %s", flags[1])
	}
}

// What .dockerignore leaves out is not there when the image is built.
func TestTheImageHasTheSourcesItNeeds(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./worker", "./starter")
	list.Dir = "../.."
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	let := strings.Fields(read(t, "../../.dockerignore"))
	found := 0
	for p := range strings.FieldsSeq(string(out)) {
		own, ok := strings.CutPrefix(p, "lastday/")
		if !ok {
			continue
		}
		found++
		if folder, _, _ := strings.Cut(own, "/"); !slices.Contains(let, "!"+folder) {
			t.Errorf("%s is imported, and .dockerignore leaves %s out", p, folder)
		}
	}
	if found == 0 {
		t.Fatal("no package of ours is imported")
	}
}

func TestTheContainersMayDoLittle(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Build       any      `yaml:"build"`
			ReadOnly    bool     `yaml:"read_only"`
			CapDrop     []string `yaml:"cap_drop"`
			CapAdd      []string `yaml:"cap_add"`
			SecurityOpt []string `yaml:"security_opt"`
			Privileged  bool     `yaml:"privileged"`
			User        string   `yaml:"user"`
			NetworkMode string   `yaml:"network_mode"`
			Ports       []string `yaml:"ports"`
		} `yaml:"services"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "../../docker-compose.yml")), &compose); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for name, s := range compose.Services {
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s listens beyond this machine: %s", name, p)
			}
		}
		if s.Privileged || s.NetworkMode == "host" || len(s.CapAdd) > 0 {
			t.Errorf("%s is given more than a container has", name)
		}
		if s.Build == nil {
			continue // other people's images
		}
		ours++
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.User != "" {
			t.Errorf("%s: read_only %v, cap_drop %v, security_opt %v, user %q", name, s.ReadOnly, s.CapDrop, s.SecurityOpt, s.User)
		}
	}
	if ours < 4 {
		t.Errorf("%d containers are ours", ours)
	}
}
