"""For server authors: the hints each tool declares, those that follow from what was found, and edits that add them."""
