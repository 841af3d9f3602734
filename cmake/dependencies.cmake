# What tracer uses from others, and why. Each missing or too old package is named in one sentence.

include(FindPkgConfig)

macro(tracer_need package message)
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "${message} Run scripts/install-deps.")
  endif()
endmacro()

# Grammar and scanner of the language.
find_package(BISON 3.8 QUIET)
tracer_need(BISON "tracer needs bison 3.8 or newer.")
find_package(FLEX 2.6 QUIET)
tracer_need(FLEX "tracer needs flex 2.6 or newer.")

# IR, optimisation, BPF and host code. Static: the shared library costs 10 ms at every start.
foreach(version 19.1 20.1 21.1 18.1 17.0)
  find_package(LLVM ${version} QUIET CONFIG)
  if(LLVM_FOUND)
    break()
  endif()
endforeach()
tracer_need(LLVM "tracer needs LLVM 17 to 21 with its static libraries (llvm-19-dev).")

# Loading, maps, links, BTF.
pkg_check_modules(LIBBPF QUIET IMPORTED_TARGET libbpf>=1.3)
tracer_need(LIBBPF "tracer needs libbpf 1.3 or newer (on Debian 12 from bookworm-backports).")
# Reading and writing ELF objects.
pkg_check_modules(LIBELF QUIET IMPORTED_TARGET libelf)
tracer_need(LIBELF "tracer needs libelf (libelf-dev).")
# DWARF of user programs.
pkg_check_modules(LIBDW QUIET IMPORTED_TARGET libdw)
tracer_need(LIBDW "tracer needs libdw (libdw-dev).")
# Small symbol tables in stripped programs; check sums of separate debug files.
pkg_check_modules(LIBLZMA QUIET IMPORTED_TARGET liblzma)
tracer_need(LIBLZMA "tracer needs liblzma (liblzma-dev).")
pkg_check_modules(ZLIB QUIET IMPORTED_TARGET zlib)
tracer_need(ZLIB "tracer needs zlib (zlib1g-dev).")

# Text formatting.
find_package(fmt QUIET)
tracer_need(fmt "tracer needs {fmt} (libfmt-dev).")
# Command line.
find_package(CLI11 QUIET)
tracer_need(CLI11 "tracer needs CLI11 (libcli11-dev).")
# The Plan as CBOR.
find_package(nlohmann_json 3.9 QUIET)
tracer_need(nlohmann_json "tracer needs nlohmann/json 3.9 or newer (nlohmann-json3-dev).")

# The manual page.
find_program(SCDOC scdoc)
