package main

import (
	"fmt"
	"os"
	"strconv"
)

type Refused struct{ n int64 }

func (e *Refused) Error() string { return fmt.Sprint("refused ", e.n) }

//go:noinline
func check(n int64) int64 {
	if n%3 == 0 {
		panic(&Refused{n})
	}
	return n
}

//go:noinline
func twice(n int64) int64 { return check(n) + check(n+1) }

//go:noinline
func work(n int64) int64 { return twice(n) + 1 }

func try(n int64, caught *int64) (sum int64) {
	defer func() {
		if e := recover(); e != nil {
			if refused, ok := e.(*Refused); ok {
				*caught += refused.n & 7
			} else {
				panic(e)
			}
		}
	}()
	return work(n)
}

func main() {
	n := int64(100000)
	if len(os.Args) > 1 {
		n, _ = strconv.ParseInt(os.Args[1], 10, 64)
	}
	sum, caught := int64(0), int64(0)
	for i := int64(0); i < n; i++ {
		sum += try(i, &caught)
	}
	fmt.Println(sum, caught)
}
