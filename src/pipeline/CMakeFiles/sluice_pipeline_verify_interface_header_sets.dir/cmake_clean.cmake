file(REMOVE_RECURSE
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/executor.hpp.cxx.o"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/executor.hpp.cxx.o.d"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/message.hpp.cxx.o"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/message.hpp.cxx.o.d"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/pipeline.hpp.cxx.o"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/pipeline.hpp.cxx.o.d"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/publisher.hpp.cxx.o"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/publisher.hpp.cxx.o.d"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/stage.hpp.cxx.o"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/stage.hpp.cxx.o.d"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/subscription.hpp.cxx.o"
  "CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/subscription.hpp.cxx.o.d"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
