"""From visibility to colour: what a pixel of the head looks like."""
