file(REMOVE_RECURSE
  "CMakeFiles/sluice_pipeline.dir/actor.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/actor.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/channel.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/channel.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/graph.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/graph.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/input.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/input.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/message.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/message.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/pipeline.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/pipeline.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/publisher.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/publisher.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/real_time_executor.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/real_time_executor.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/simulated_executor.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/simulated_executor.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/stage.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/stage.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/subscription.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/subscription.cpp.o.d"
  "CMakeFiles/sluice_pipeline.dir/task_queue.cpp.o"
  "CMakeFiles/sluice_pipeline.dir/task_queue.cpp.o.d"
  "libsluice_pipeline.a"
  "libsluice_pipeline.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/sluice_pipeline.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
