package main

import (
	"fmt"
	"os"
	"strconv"
)

type tree struct {
	left, right *tree
}

func build(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{build(depth - 1), build(depth - 1)}
}

func (t *tree) count() int32 {
	total := int32(1)
	if t.left != nil {
		total += t.left.count()
	}
	if t.right != nil {
		total += t.right.count()
	}
	return total
}

func main() {
	depth, _ := strconv.Atoi(os.Args[1])
	fmt.Println("stretch", build(depth+1).count())
	longLived := build(depth)
	for d := 4; d <= depth; d += 4 {
		rounds := 1 << (depth - d + 4)
		total := int32(0)
		for i := 0; i < rounds; i++ {
			total += build(d).count()
		}
		fmt.Println(rounds, "trees of depth", d, total)
	}
	fmt.Println("long lived", longLived.count())
}
