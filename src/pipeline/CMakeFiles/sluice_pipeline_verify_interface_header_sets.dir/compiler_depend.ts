# CMAKE generated file: DO NOT EDIT!
# Timestamp file for compiler generated dependencies management for sluice_pipeline_verify_interface_header_sets.
