"""Ranks as sets: the places that the data leave open, tiers, and pairs that really differ."""
