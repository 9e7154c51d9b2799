# What every translation unit of ours is compiled with: target gb_flags.
add_library(gb_flags INTERFACE)
target_include_directories(gb_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(gb_flags INTERFACE _GNU_SOURCE)
target_compile_options(gb_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wswitch-enum -Wundef -Wvla -Wformat=2 -Wcast-qual -Werror)

# File names in assertions are relative to the tree.
target_compile_options(gb_flags INTERFACE -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
# Error texts are cut on purpose, and whether gcc warns of that depends on its optimiser.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(gb_flags INTERFACE -Wno-format-truncation)
endif()

if(GB_SANITIZE)
  target_compile_options(gb_flags INTERFACE
    -fsanitize=${GB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(gb_flags INTERFACE -fsanitize=${GB_SANITIZE})
else()
  target_compile_options(gb_flags INTERFACE -fstack-protector-strong
    $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  target_link_options(gb_flags INTERFACE -Wl,-z,relro,-z,now)
endif()

if(GB_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "GB_FUZZ needs clang: -DCMAKE_C_COMPILER=clang")
  endif()
  target_compile_options(gb_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
