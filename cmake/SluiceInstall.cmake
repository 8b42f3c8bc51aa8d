# What `cmake --install` leaves for other programs: each room as a CMake target and for pkg-config,
# under the same name. A room comes with its packages; sluice::sluice is all of them.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(SLUICE_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/sluice")

# sluice_install_pkg_config(NAME REQUIRES modules... LIBS flags)
function(sluice_install_pkg_config name)
    cmake_parse_arguments(arg "" "LIBS" "REQUIRES" ${ARGN})
    list(JOIN arg_REQUIRES " " arg_REQUIRES)
    file(RELATIVE_PATH to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
    configure_file("${PROJECT_SOURCE_DIR}/cmake/sluice.pc.in"
        "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

# sluice_install_room(NAME TARGETS targets... ARCHIVE name LIBS flags REACHES rooms...
#                     PACKAGES packages...)
# Called by sluice_room, bottom up.
function(sluice_install_room name)
    cmake_parse_arguments(arg "" "ARCHIVE;LIBS" "TARGETS;REACHES;PACKAGES" ${ARGN})
    set_property(GLOBAL APPEND PROPERTY SLUICE_ROOMS ${name})
    set_property(GLOBAL PROPERTY SLUICE_REACHES_${name} ${arg_REACHES})
    set_property(GLOBAL PROPERTY SLUICE_PACKAGES_${name} ${arg_PACKAGES})
    if(NOT SLUICE_INSTALL)
        return()
    endif()
    foreach(target IN LISTS arg_TARGETS)
        string(REGEX REPLACE "^sluice_" "" exported ${target})
        set_target_properties(${target} PROPERTIES EXPORT_NAME ${exported})
    endforeach()
    install(TARGETS ${arg_TARGETS} EXPORT sluice_${name}
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(EXPORT sluice_${name} FILE ${name}.cmake NAMESPACE sluice::
        DESTINATION "${SLUICE_PACKAGE_DIR}")
    list(TRANSFORM arg_REACHES PREPEND sluice-)
    sluice_install_pkg_config(sluice-${name} REQUIRES ${arg_REACHES} ${arg_PACKAGES}
        LIBS "-L\${libdir} -l${arg_ARCHIVE} ${arg_LIBS}")
endfunction()

# sluice_install_package(): what stands above the rooms, and the command; after the last of them.
function(sluice_install_package)
    get_property(rooms GLOBAL PROPERTY SLUICE_ROOMS)
    add_library(sluice_sluice INTERFACE)
    add_library(sluice::sluice ALIAS sluice_sluice)
    list(TRANSFORM rooms PREPEND sluice_ OUTPUT_VARIABLE targets)
    target_link_libraries(sluice_sluice INTERFACE ${targets})
    if(NOT SLUICE_INSTALL)
        return()
    endif()
    list(TRANSFORM rooms PREPEND sluice- OUTPUT_VARIABLE modules)
    list(REVERSE modules)
    sluice_install_pkg_config(sluice REQUIRES ${modules})

    set(needs "")
    foreach(room IN LISTS rooms)
        get_property(reaches GLOBAL PROPERTY SLUICE_REACHES_${room})
        get_property(packages GLOBAL PROPERTY SLUICE_PACKAGES_${room})
        string(APPEND needs "set(sluice_${room}_reaches ${reaches})\n"
            "set(sluice_${room}_packages ${packages})\n")
    endforeach()
    configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/sluiceConfig.cmake.in"
        "${PROJECT_BINARY_DIR}/sluiceConfig.cmake" INSTALL_DESTINATION "${SLUICE_PACKAGE_DIR}"
        NO_SET_AND_CHECK_MACRO)
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake"
        COMPATIBILITY SameMinorVersion)
    install(FILES "${PROJECT_BINARY_DIR}/sluiceConfig.cmake"
        "${PROJECT_BINARY_DIR}/sluiceConfigVersion.cmake" DESTINATION "${SLUICE_PACKAGE_DIR}")
    if(SLUICE_COMMAND)
        install(TARGETS sluice_cli)
        install(FILES packaging/completions/sluice
            DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
    endif()
    install(FILES README.md CHANGELOG.md LICENSE TYPE DOC)
    install(DIRECTORY docs/ TYPE DOC FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")
endfunction()
