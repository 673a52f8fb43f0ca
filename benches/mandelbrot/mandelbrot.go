package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	inside := 0
	sum := uint32(1)
	for y := 0; y < n; y++ {
		ci := 2.0*float64(y)/float64(n) - 1.0
		bits := uint32(0)
		for x := 0; x < n; x++ {
			cr := 2.0*float64(x)/float64(n) - 1.5
			var zr, zi, tr, ti float64
			for i := 0; i < 50 && tr+ti <= 4.0; i++ {
				zi = 2.0*zr*zi + ci
				zr = tr - ti + cr
				tr = zr * zr
				ti = zi * zi
			}
			bit := uint32(0)
			if tr+ti <= 4.0 {
				bit = 1
			}
			inside += int(bit)
			bits = bits<<1 | bit
			if x%8 == 7 {
				sum = sum*31 + bits
				bits = 0
			}
		}
	}
	fmt.Println(inside, sum)
}
