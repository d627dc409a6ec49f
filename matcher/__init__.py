"""From a photo to a character: match, sheet, preview, verification and the report."""
