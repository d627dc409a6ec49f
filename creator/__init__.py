"""What a character creator is: profile, menu, couplings, characters and their sheets."""
