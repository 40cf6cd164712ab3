"""The register in and out of files: XLSX, CSV, GeoJSON, GeoPackage, GeoParquet."""
