"""Indicators: KPIs and targets, maturity and its change, for hubs, regions, countries and the network."""
