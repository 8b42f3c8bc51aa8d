
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/tcpstage_src/src/pipeline/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/executor.hpp.cxx" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/executor.hpp.cxx.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/executor.hpp.cxx.o.d"
  "/tmp/tcpstage_src/src/pipeline/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/message.hpp.cxx" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/message.hpp.cxx.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/message.hpp.cxx.o.d"
  "/tmp/tcpstage_src/src/pipeline/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/pipeline.hpp.cxx" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/pipeline.hpp.cxx.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/pipeline.hpp.cxx.o.d"
  "/tmp/tcpstage_src/src/pipeline/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/publisher.hpp.cxx" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/publisher.hpp.cxx.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/publisher.hpp.cxx.o.d"
  "/tmp/tcpstage_src/src/pipeline/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/stage.hpp.cxx" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/stage.hpp.cxx.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/stage.hpp.cxx.o.d"
  "/tmp/tcpstage_src/src/pipeline/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/subscription.hpp.cxx" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/subscription.hpp.cxx.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline_verify_interface_header_sets.dir/sluice_pipeline_verify_interface_header_sets/sluice/pipeline/subscription.hpp.cxx.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
