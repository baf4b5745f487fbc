// Renders templates with Go itself: each line of the input is {"html": bool, "template": text}, each line of the output
// ["ok" | "err", text]. The data are those of test/template/data.ts.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"os"
	texttemplate "text/template"
	"time"
)

type Level int

func (l Level) String() string { return [...]string{"OK", "INFO", "WARNING", "CRITICAL"}[l] }

type serverInfo struct{ Hostname, ClusterID, ServerID string }

type data struct {
	Name, TaskName, Group string
	Tags                  map[string]string
	ServerInfo            serverInfo
	ID                    string
	Fields                map[string]interface{}
	Level                 string
	Time                  time.Time
	Duration              time.Duration
	Message               string
	Values                []map[string]interface{}
	Count                 int
	L                     Level
	Empty                 map[string]string
	Nil                   interface{}
	T                     bool
	Html, Url             string
}

var functions = map[string]interface{}{
	"json": func(v interface{}) (htmltemplate.JS, error) {
		var b bytes.Buffer
		err := json.NewEncoder(&b).Encode(v)
		return htmltemplate.JS(b.String()), err
	},
	"jsonCompact": func(v interface{}) (htmltemplate.JS, error) {
		b, err := json.Marshal(v)
		return htmltemplate.JS(b), err
	},
}

var values = data{
	Name: "cpu", TaskName: "task", Group: "host=a b",
	Tags:       map[string]string{"host": "a b", "dc": "eu<1>"},
	ServerInfo: serverInfo{"h", "c", "s"},
	ID:         "cpu:a",
	Fields: map[string]interface{}{
		"value": 12.5, "big": 12345678901234.0, "count": int64(3), "ok": true, "s": "q<\"&'>", "nil": nil, "neg": -1.0,
		"dur": 90 * time.Second,
	},
	Level: "CRITICAL", Time: time.UnixMilli(1700000000123).UTC(), Duration: 90500 * time.Millisecond, Message: "m <b>",
	Values: []map[string]interface{}{{"v": 1.0}, {"v": "x"}},
	Count:  7, L: 3, Empty: map[string]string{}, T: true,
	Html: "<i a=\"b\">&amp; 'x' </i>", Url: "http://x/a b?q=<1>&r='2'",
}

func render(template string, isHtml bool) (text string, err error) {
	var out bytes.Buffer
	if isHtml {
		t, err := htmltemplate.New("details").Funcs(functions).Parse(template)
		if err != nil {
			return "", err
		}
		err = t.Execute(&out, values)
		return out.String(), err
	}
	t, err := texttemplate.New("id").Funcs(functions).Parse(template)
	if err != nil {
		return "", err
	}
	err = t.Execute(&out, values)
	return out.String(), err
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var request struct {
			Html     bool
			Template string
		}
		if err := json.Unmarshal(lines.Bytes(), &request); err != nil {
			panic(err)
		}
		answer := []string{"ok", ""}
		text, err := render(request.Template, request.Html)
		if answer[1] = text; err != nil {
			answer = []string{"err", err.Error()}
		}
		encoded, _ := json.Marshal(answer)
		fmt.Println(string(encoded))
	}
}
