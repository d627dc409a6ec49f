"""`lookalike cluster`: a campaign's coordinator, gateway, embedding and capture on a Ray cluster that outlives the command."""
