"""The commands of ``care-stations``, by what they work on."""
