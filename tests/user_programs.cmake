# Programs whose functions are probed: one source in the forms in which programs are shipped, so never with
# sanitizers.

# What instructions functions begin with is the same everywhere.
set(plain_code -fcf-protection=none)
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  set(plain_code)
endif()

function(user_program name)
  cmake_parse_arguments(P "" "" "SOURCE;OPTIONS;LINK" ${ARGN})
  list(TRANSFORM P_SOURCE PREPEND programs/)
  add_executable(${name} ${P_SOURCE})
  target_compile_options(${name} PRIVATE ${plain_code} ${P_OPTIONS} -fno-sanitize=all)
  target_link_options(${name} PRIVATE ${P_LINK} -Wl,--build-id -fno-sanitize=all)
endfunction()

user_program(functions SOURCE user_functions.c OPTIONS -g -O0 -fPIE LINK -pie)
user_program(functions_fixed SOURCE user_functions.c OPTIONS -g -O1 -fno-pie)
user_program(functions_static SOURCE user_functions.c OPTIONS -g -O2 LINK -static)
user_program(functions_no_debug SOURCE user_functions.c OPTIONS -g0 -O2 -fPIE LINK -pie)
user_program(functions_placed SOURCE user_functions.c OPTIONS -g0 -O1 -fno-pie LINK -s -Wl,-Ttext=0x10000000)
user_program(twins SOURCE twins/util.c twins/other/util.c OPTIONS -g -O1 -fno-pie)
user_program(classes SOURCE user_classes.cpp OPTIONS -g -O0 -fPIE LINK -pie)

add_library(functions_library SHARED programs/user_library.c)
target_compile_options(functions_library PRIVATE -g -O1 -fPIC -fno-sanitize=all)
target_link_options(functions_library PRIVATE -fno-sanitize=all)
set_target_properties(functions_library PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
user_program(library_user SOURCE user_library_user.c OPTIONS -g -O1)
target_link_libraries(library_user PRIVATE functions_library)

# Code whose names are known, for stacks; its system calls are written for x86-64.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  set(with_frames -g -O0 -fno-omit-frame-pointer)
  user_program(symbols_moved SOURCE symbols_program.cpp OPTIONS ${with_frames} -fPIE LINK -pie -ldl)
  user_program(symbols_fixed SOURCE symbols_program.cpp OPTIONS ${with_frames} -fno-pie LINK -no-pie -ldl)
  user_program(symbols_static SOURCE symbols_program.cpp OPTIONS ${with_frames} -Wno-error LINK -static)
  # Unwound by tables only.
  user_program(symbols_without_frames SOURCE symbols_program.cpp OPTIONS -g0 -O2 -fomit-frame-pointer -fPIE LINK -pie -ldl)
  add_library(symbols_library SHARED programs/symbols_library.c)
  target_compile_options(symbols_library PRIVATE ${with_frames} -fPIC -fno-sanitize=all)
  target_link_options(symbols_library PRIVATE -fno-sanitize=all -Wl,--build-id)
  set_target_properties(symbols_library PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  add_custom_command(
    OUTPUT symbols_stripped symbols_stripped.debug
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/programs/strip_with_debug_file $<TARGET_FILE:symbols_moved> ${CMAKE_BINARY_DIR} symbols_stripped ${CMAKE_OBJCOPY}
    DEPENDS symbols_moved programs/strip_with_debug_file
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
  add_custom_target(symbols_forms ALL DEPENDS symbols_stripped)
  add_dependencies(test_runtime symbols_fixed)
  target_compile_definitions(test_runtime PRIVATE SYMBOLS_PROGRAM="$<TARGET_FILE:symbols_fixed>")
endif()

# Stripped; with a debug file beside it; with the small table of names that distributions leave.
find_program(XZ xz)
if(NOT XZ)
  message(FATAL_ERROR "The tests need xz (xz-utils). Run scripts/install-deps.")
endif()
set(forms functions_stripped functions_linked functions_mini)
add_custom_command(
  OUTPUT ${forms} functions_linked.debug
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/programs/strip_forms $<TARGET_FILE:functions> ${CMAKE_BINARY_DIR} ${CMAKE_OBJCOPY} ${CMAKE_NM} ${XZ}
  DEPENDS functions programs/strip_forms
  WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
add_custom_target(functions_forms ALL DEPENDS ${forms})

find_program(RUSTC rustc)
if(RUSTC)
  add_custom_command(
    OUTPUT rust_functions
    COMMAND ${RUSTC} -g -C opt-level=1 -o ${CMAKE_BINARY_DIR}/rust_functions ${CMAKE_CURRENT_SOURCE_DIR}/programs/user_functions.rs
    COMMAND ${CMAKE_COMMAND} -E touch rust_functions
    DEPENDS programs/user_functions.rs)
  add_custom_target(functions_rust ALL DEPENDS rust_functions)
endif()
find_program(GO go)
if(GO)
  add_custom_command(
    OUTPUT go_functions
    COMMAND ${GO} build -o ${CMAKE_BINARY_DIR}/go_functions ${CMAKE_CURRENT_SOURCE_DIR}/programs/user_functions.go
    COMMAND ${CMAKE_COMMAND} -E touch go_functions
    DEPENDS programs/user_functions.go)
  add_custom_target(functions_go ALL DEPENDS go_functions)
endif()

add_dependencies(test_elf functions_forms classes)
target_compile_definitions(test_elf PRIVATE FUNCTIONS_PROGRAM="$<TARGET_FILE:functions>" CLASSES_PROGRAM="$<TARGET_FILE:classes>"
  FUNCTIONS_STRIPPED="${CMAKE_BINARY_DIR}/functions_stripped" FUNCTIONS_LINKED="${CMAKE_BINARY_DIR}/functions_linked"
  FUNCTIONS_MINI="${CMAKE_BINARY_DIR}/functions_mini")
