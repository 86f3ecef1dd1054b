package verify

import (
	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// tree grows a Merkle tree leaf by leaf, keeping only its right edge and, for
// each level of tiles, the hashes of the tile that is not full yet.
type tree struct {
	n     int64
	edge  []node
	tiles []pending
	// full is called with each tile as it fills.
	full func(t tlog.Tile, hashes []tlog.Hash)
}

// node is the hash of a whole subtree of 2^level leaves.
type node struct {
	level int
	hash  tlog.Hash
}

// pending is the tile of one level that is being filled.
type pending struct {
	n      int64
	hashes []tlog.Hash
}

func (t *tree) add(leaf tlog.Hash) {
	t.n++
	here := node{0, leaf}
	t.emit(here)
	for len(t.edge) > 0 && t.edge[len(t.edge)-1].level == here.level {
		left := t.edge[len(t.edge)-1]
		t.edge = t.edge[:len(t.edge)-1]
		here = node{here.level + 1, tlog.NodeHash(left.hash, here.hash)}
		t.emit(here)
	}
	t.edge = append(t.edge, here)
}

// emit puts a hash into its tile, if tiles hold hashes of its level.
func (t *tree) emit(n node) {
	if n.level%torchwood.TileHeight != 0 {
		return
	}
	l := n.level / torchwood.TileHeight
	if l == len(t.tiles) {
		t.tiles = append(t.tiles, pending{})
	}
	p := &t.tiles[l]
	p.hashes = append(p.hashes, n.hash)
	if len(p.hashes) == torchwood.TileWidth {
		t.full(tile(l, p.n, torchwood.TileWidth), p.hashes)
		p.n, p.hashes = p.n+1, p.hashes[:0]
	}
}

// rest calls full with the tiles that are not full, once no leaf comes any more.
func (t *tree) rest() {
	for l, p := range t.tiles {
		if len(p.hashes) > 0 {
			t.full(tile(l, p.n, len(p.hashes)), p.hashes)
		}
	}
}

// root is the tree's hash as far as it has grown.
func (t *tree) root() tlog.Hash {
	if len(t.edge) == 0 {
		h, _ := tlog.TreeHash(0, nil) // it reads nothing
		return h
	}
	h := t.edge[len(t.edge)-1].hash
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i].hash, h)
	}
	return h
}

func tile(level int, n int64, width int) tlog.Tile {
	return tlog.Tile{H: torchwood.TileHeight, L: level, N: n, W: width}
}
