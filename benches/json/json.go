package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

type Address struct {
	Street    string  `json:"street"`
	City      string  `json:"city"`
	Zip       int32   `json:"zip"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type User struct {
	ID      int64    `json:"id"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Score   float64  `json:"score"`
	Active  bool     `json:"active"`
	Tags    []string `json:"tags"`
	Address Address  `json:"address"`
	Note    *string  `json:"note"`
}

func makeUsers(count int64) []*User {
	users := []*User{}
	seed := int64(42)
	note := "a note"
	for i := int64(0); i < count; i++ {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		user := &User{
			ID: i, Name: fmt.Sprint("User ", seed), Email: fmt.Sprintf("user%d@example.org", i),
			Score: float64(seed%10000) / 100, Active: seed%2 == 0,
			Tags: []string{"alpha", "beta", "line\nbreak"},
			Address: Address{
				Street: fmt.Sprint("Long Street ", seed%300), City: "Städtchen", Zip: int32(seed % 90000),
				Latitude: float64(seed%180000)/1000 - 90, Longitude: float64(seed%360000)/1000 - 180,
			},
		}
		if i%3 == 0 {
			user.Note = &note
		}
		users = append(users, user)
	}
	return users
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	rounds := 10
	if len(os.Args) > 1 {
		var err error
		rounds, err = strconv.Atoi(os.Args[1])
		check(err)
	}
	users := makeUsers(20000)
	text, err := json.Marshal(users)
	check(err)
	start := time.Now()
	total := 0
	for i := 0; i < rounds; i++ {
		out, err := json.Marshal(users)
		check(err)
		total += len(out)
	}
	write := time.Since(start).Milliseconds() / int64(rounds)
	fmt.Println("written", total)
	start = time.Now()
	sum := 0
	for i := 0; i < rounds; i++ {
		var read []*User
		check(json.Unmarshal(text, &read))
		sum += int(read[i*7].Address.Zip) + len(read)
	}
	typed := time.Since(start).Milliseconds() / int64(rounds)
	fmt.Println("typed", sum)
	start = time.Now()
	sum = 0
	for i := 0; i < rounds; i++ {
		var read any
		check(json.Unmarshal(text, &read))
		list := read.([]any)
		address := list[i*7].(map[string]any)["address"].(map[string]any)
		sum += int(address["zip"].(float64)) + len(list)
	}
	doc := time.Since(start).Milliseconds() / int64(rounds)
	fmt.Println("document", sum)
	if len(os.Args) > 2 {
		fmt.Printf("bytes %d write %d ms typed %d ms document %d ms\n", len(text), write, typed, doc)
	}
}
