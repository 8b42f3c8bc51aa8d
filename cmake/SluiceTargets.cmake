# Helpers that every room's CMakeLists.txt uses; warnings stay private to Sluice's own targets.

find_package(Threads REQUIRED)

add_library(sluice_flags INTERFACE)
target_compile_features(sluice_flags INTERFACE cxx_std_20)
target_compile_options(sluice_flags INTERFACE
    -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast
    -fstack-protector-strong -D_GLIBCXX_ASSERTIONS -ftrivial-auto-var-init=zero)
if(SLUICE_WERROR)
    target_compile_options(sluice_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(sluice_flags INTERFACE -Wthread-safety
        -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
endif()
if(SLUICE_SANITIZE)
    target_compile_options(sluice_flags INTERFACE
        -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
endif()
if(SLUICE_FUZZ)
    target_compile_options(sluice_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# sluice_room(NAME HEADERS files... SOURCES files... REACHES rooms... PACKAGES packages...
#             LIBRARIES libs...)
# A room: headers under include/sluice/NAME (each must compile alone), sources here. PACKAGES are
# those that find_package and pkg-config know, LIBRARIES the targets of them that the sources use;
# whoever links the installed room needs the packages too.
function(sluice_room name)
    cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;REACHES;PACKAGES;LIBRARIES" ${ARGN})
    foreach(package IN LISTS arg_PACKAGES)
        find_package(${package} REQUIRED)
    endforeach()
    add_library(sluice_${name} STATIC ${arg_SOURCES})
    add_library(sluice::${name} ALIAS sluice_${name})
    list(TRANSFORM arg_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/include/sluice/${name}/")
    target_sources(sluice_${name} PUBLIC
        FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${arg_HEADERS})
    target_compile_features(sluice_${name} PUBLIC cxx_std_20)
    target_include_directories(sluice_${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(sluice_${name} PRIVATE $<BUILD_INTERFACE:sluice_flags> ${arg_LIBRARIES})
    foreach(room IN LISTS arg_REACHES)
        target_link_libraries(sluice_${name} PUBLIC sluice_${room})
    endforeach()
    if(SLUICE_TESTS)
        set_target_properties(sluice_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
    endif()
    sluice_install_room(${name} TARGETS sluice_${name} ARCHIVE sluice_${name}
        REACHES ${arg_REACHES} PACKAGES ${arg_PACKAGES})
endfunction()

# sluice_program(NAME SOURCES files... ROOMS rooms... WORLD linux|sim LIBRARIES libs...)
# WORLD chooses which definition of the seam (sys) the program is linked with.
function(sluice_program name)
    cmake_parse_arguments(arg "" "WORLD" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    list(TRANSFORM arg_ROOMS PREPEND sluice_)
    target_link_libraries(${name} PRIVATE sluice_flags ${arg_ROOMS} ${arg_LIBRARIES})
    if(arg_WORLD STREQUAL "sim")
        target_link_libraries(${name} PRIVATE sluice_sim)
    else()
        # Objects, not an archive: they are linked wherever the rooms stand on the link line.
        target_sources(${name} PRIVATE $<TARGET_OBJECTS:sluice_sys_linux>)
        target_link_libraries(${name} PRIVATE sluice_sys Threads::Threads)
    endif()
endfunction()
