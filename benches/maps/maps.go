package main

import (
	"fmt"
	"os"
	"strconv"
)

func main() {
	n := int64(100000)
	if len(os.Args) > 1 {
		n, _ = strconv.ParseInt(os.Args[1], 10, 64)
	}
	squares := map[int64]int64{}
	for i := int64(0); i < n; i++ {
		squares[(i*7919)&0xfffff] = i
	}
	sum := int64(0)
	for i := int64(0); i < 2*n; i++ {
		if found, ok := squares[i&0xfffff]; ok {
			sum += found
		}
	}
	fmt.Println("integers", len(squares), sum)
	words := []string{}
	for i := int64(0); i < n/10; i++ {
		words = append(words, "word"+strconv.FormatInt(i, 10))
	}
	counts := map[string]int64{}
	seed := int64(42)
	for i := int64(0); i < n; i++ {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		counts[words[(seed>>8)%int64(len(words))]]++
	}
	most := int64(0)
	for _, count := range counts {
		if count > most {
			most = count
		}
	}
	fmt.Println("texts", len(counts), most)
	seen := map[int64]struct{}{}
	kept := int64(0)
	for i := int64(0); i < n; i++ {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		key := (seed >> 4) & 0x3ffff
		if _, ok := seen[key]; ok {
			delete(seen, key)
		} else {
			seen[key] = struct{}{}
		}
		if i%4 == 0 {
			if _, ok := seen[i&0x3ffff]; ok {
				kept++
			}
		}
	}
	fmt.Println("set", len(seen), kept)
}
