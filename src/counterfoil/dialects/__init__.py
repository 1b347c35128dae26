"""Wire languages: they translate, they never decide."""
