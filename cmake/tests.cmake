# Tests and test programs. All of them may use every layer, and find their data by GB_SOURCE_DIR.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

# gb_test_program(name sources...): an executable linked with all layers.
function(gb_test_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE gb_app gb_flags)
  target_compile_definitions(${name} PRIVATE GB_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    GB_VERSION="${PROJECT_VERSION}")
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
endfunction()

# Files in tests/unit and tests/golden that are not test_*.c are shared by the tests beside them,
# and compiled once.
foreach(label unit golden)
  file(GLOB tests CONFIGURE_DEPENDS tests/${label}/test_*.c)
  file(GLOB shared CONFIGURE_DEPENDS tests/${label}/*.c)
  if(tests)
    list(REMOVE_ITEM shared ${tests})
  endif()
  set(fixtures "")
  if(shared)
    set(fixtures gb_fixtures_${label})
    add_library(${fixtures} STATIC ${shared})
    target_link_libraries(${fixtures} PRIVATE gb_flags PUBLIC gb_app PkgConfig::CMOCKA)
    target_compile_definitions(${fixtures} PRIVATE GB_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
      GB_VERSION="${PROJECT_VERSION}")
    target_include_directories(${fixtures} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  endif()
  foreach(source ${tests})
    get_filename_component(stem ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" stem ${stem})
    set(name ${label}_${stem})
    gb_test_program(${name} ${source})
    target_link_libraries(${name} PRIVATE ${fixtures} PkgConfig::CMOCKA)
    set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/${label})
    add_test(NAME ${label}.${stem} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${label}.${stem} PROPERTIES LABELS ${label} TIMEOUT 120)
  endforeach()
endforeach()

# Its tests plant outputs into those of the core.
target_link_options(unit_lane_writeback PRIVATE -Wl,--wrap=gb_core_step)

# The simulator: all of tests/sim is one program.
file(GLOB sim_sources CONFIGURE_DEPENDS tests/sim/*.c)
if(sim_sources)
  gb_test_program(gridbridge-sim ${sim_sources})
  target_link_options(gridbridge-sim PRIVATE -Wl,--wrap=gb_check_failed -Wl,--wrap=gb_hash_parts
    -Wl,--wrap=gb_hash_of -Wl,--wrap=gb_sign -Wl,--wrap=gb_sign_is_valid)
  # A change that the simulator cannot follow is seen at once; the claim sim runs many more.
  add_test(NAME unit.sim_some COMMAND gridbridge-sim --seeds 1..8)
  set_tests_properties(unit.sim_some PROPERTIES LABELS unit TIMEOUT 120)
endif()

# The laws: all of tests/laws is one program.
file(GLOB law_sources CONFIGURE_DEPENDS tests/laws/*.c)
if(law_sources)
  gb_test_program(gridbridge-laws ${law_sources})
endif()

# Each file of tests/tools is a program of its own.
file(GLOB tools CONFIGURE_DEPENDS tests/tools/*.c)
foreach(source ${tools})
  get_filename_component(stem ${source} NAME_WE)
  gb_test_program(${stem} ${source})
  set_target_properties(${stem} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/tools)
endforeach()

# The program without its scrubber: the stub's symbols win over those of the codec's archive.
gb_test_program(gridbridge_unscrubbed ${main_source} tests/stubs/scrub_off.c)
set_target_properties(gridbridge_unscrubbed PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/tools)

# The program with outputs to be written back planted into those of its core.
gb_test_program(gridbridge_planted ${main_source} tests/stubs/planted.c)
target_link_options(gridbridge_planted PRIVATE -Wl,--wrap=gb_core_step)
set_target_properties(gridbridge_planted PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/tools)

# Fuzz targets: each replays its corpus tests/fuzz/corpus/<name>/ under ctest.
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  file(GLOB fuzzers CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" stem ${name})
    gb_test_program(${name} ${source})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/fuzz)
    set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${stem})
    if(NOT IS_DIRECTORY ${corpus})
      set(corpus "")
    endif()
    add_test(NAME fuzz.${stem} COMMAND ${name} -runs=0 ${corpus})
    set_tests_properties(fuzz.${stem} PROPERTIES LABELS fuzz TIMEOUT 120)
  endforeach()
endif()
