"""One file a kind of sweep; each turns its settings into blocks of characters."""
