file(REMOVE_RECURSE
  "libsluice_pipeline.a"
)
