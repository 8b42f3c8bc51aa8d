# Empty compiler generated dependencies file for sluice_pipeline_verify_interface_header_sets.
# This may be replaced when dependencies are built.
