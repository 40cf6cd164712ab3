"""GIS core of care-stations: the register, exact nearest, coverage, gaps. Knows no web and no map library."""
