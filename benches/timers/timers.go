// Timers, all waiting at once: set, every third cancelled, and the others run.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

func main() {
	count, _ := strconv.ParseInt(os.Args[1], 10, 64)
	var fired, sum atomic.Int64
	done := make(chan bool)
	for number := int64(0); number < count; number++ {
		number := number
		timer := time.AfterFunc(time.Duration(50+number%50)*time.Millisecond, func() {
			sum.Add(number)
			if fired.Add(1) == count-(count+2)/3 {
				close(done)
			}
		})
		if number%3 == 0 {
			timer.Stop()
		}
	}
	<-done
	fmt.Println(fired.Load(), sum.Load())
}
