"""The pieces screens are made of: the long list, forms, lines of status; each draws text, never markup."""
