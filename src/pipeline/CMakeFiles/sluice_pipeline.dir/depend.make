# Empty dependencies file for sluice_pipeline.
# This may be replaced when dependencies are built.
