"""Pages and maps: from results to HTML. Translates; computes nothing."""
