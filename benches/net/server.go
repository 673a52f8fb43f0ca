// The same in Go, on one processor.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"strings"
)

type message struct {
	Message string   `json:"message"`
	ID      int      `json:"id"`
	Tags    []string `json:"tags"`
}

func main() {
	runtime.GOMAXPROCS(1)
	large := []byte(strings.Repeat("x", 65536))
	hello := []byte("Hello from Flash!")
	text := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Write(body)
		}
	}
	http.HandleFunc("/", text(hello))
	http.HandleFunc("/large", text(large))
	http.HandleFunc("/json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body, _ := json.Marshal(message{"hello", 42, []string{"a", "b", "c"}})
		w.Write(body)
	})
	http.ListenAndServe("127.0.0.1:"+os.Args[1], nil)
}
