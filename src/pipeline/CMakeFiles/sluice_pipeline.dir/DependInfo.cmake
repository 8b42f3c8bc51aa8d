
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/tcpstage_src/src/pipeline/actor.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/actor.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/actor.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/channel.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/channel.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/channel.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/graph.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/graph.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/graph.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/input.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/input.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/input.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/message.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/message.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/message.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/pipeline.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/pipeline.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/pipeline.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/publisher.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/publisher.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/publisher.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/real_time_executor.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/real_time_executor.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/real_time_executor.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/simulated_executor.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/simulated_executor.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/simulated_executor.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/stage.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/stage.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/stage.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/subscription.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/subscription.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/subscription.cpp.o.d"
  "/tmp/tcpstage_src/src/pipeline/task_queue.cpp" "src/pipeline/CMakeFiles/sluice_pipeline.dir/task_queue.cpp.o" "gcc" "src/pipeline/CMakeFiles/sluice_pipeline.dir/task_queue.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/tcpstage_src/src/buffers/CMakeFiles/sluice_buffers.dir/DependInfo.cmake"
  "/tmp/tcpstage_src/src/sync/CMakeFiles/sluice_sync.dir/DependInfo.cmake"
  "/tmp/tcpstage_src/src/core/CMakeFiles/sluice_core.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
