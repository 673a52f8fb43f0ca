package main

import (
	"fmt"
	"os"
	"strconv"
)

func checksum(text string, sum uint32) uint32 {
	for i := 0; i < len(text); i++ {
		sum = sum*31 + uint32(text[i])
	}
	return sum
}

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	sum := uint32(7)
	lines := 0
	line := ""
	for i := 0; i < n; i++ {
		key := "key" + strconv.Itoa(i%1000)
		line += key + "=" + strconv.Itoa(i) + ";"
		if len(line) > 200 {
			sum = checksum(line, sum)
			lines++
			line = ""
		}
	}
	fmt.Println(lines, checksum(line, sum))
}
