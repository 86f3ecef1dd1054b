// Package tiles writes the log into a directory as C2SP tlog-tiles
// (https://c2sp.org/tlog-tiles), and reads such a directory:
//
//	checkpoint                    the newest signed checkpoint
//	tile/<L>/<N>[.p/<W>]          hashes, 256 a tile, partial ones with their width
//	tile/entries/<N>[.p/<W>]      entries, each after its length in two bytes
//	anchors.json                  where checkpoints were put outside the log
//
// The first three are what any tlog-tiles client reads; the last is ours. Names
// of people and sealed details are in none of them, and neither is the log's
// public key: a key that comes with what it is to vouch for vouches for nothing.
//
// The package judges nothing. It writes what the log holds and reads what a
// directory holds, bounded; package verify says whether it is right.
package tiles
