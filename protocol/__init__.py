"""What the parts say to each other. Standard library only, so that every part can afford it."""
