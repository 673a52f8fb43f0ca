// Tasks that wait, all at once, for one event, and then finish.
package main

import (
	"fmt"
	"os"
	"strconv"
)

var open int64

func work(gate chan struct{}, number int64, result chan int64) {
	<-gate
	result <- number * open
}

func main() {
	count, _ := strconv.ParseInt(os.Args[1], 10, 64)
	gate := make(chan struct{})
	tasks := make([]chan int64, 0)
	for number := int64(0); number < count; number++ {
		result := make(chan int64, 1)
		go work(gate, number, result)
		tasks = append(tasks, result)
	}
	fmt.Println(len(tasks))
	open = 3
	close(gate)
	sum := int64(0)
	for _, task := range tasks {
		sum += <-task
	}
	fmt.Println(sum)
}
