# A folder under src/ is a namespace, a library target and a test program.
#
#   glucoledger_module(mam DEPENDS crypto PACKAGES OpenSSL::Crypto)
#
# compiles every *.cpp of the folder into the library `mam`, but
#   *_test.cpp   become the program `mam_test` (GoogleTest), a quick test;
#   fake_*.cpp, test_*.cpp   belong to that program, too: what stands in for others in tests, and what tests share;
#   *_fuzz.cpp   become a program each (LLVMFuzzerTestOneInput): with GLUCOLEDGER_FUZZ a libFuzzer one, else one that
#                runs tests/corpus/NAME and mutations of it, a quick test `NAME_fuzz`;
#
# TEST_DEPENDS: what only the tests use. APART: see glucoledger_together.

add_library(glucoledger_flags INTERFACE)
target_compile_options(glucoledger_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # other compilers warn about other things
  # When it optimises, gcc 12 sees overlaps and overruns in std::string and std::vector that are not there (GCC bugs
  # 105329, 107852). AddressSanitizer looks for real ones.
  target_compile_options(glucoledger_flags INTERFACE -Werror -Wno-restrict -Wno-array-bounds
                                                     -Wno-stringop-overflow -Wno-stringop-overread)
  if(GLUCOLEDGER_FAST_BUILD)  # where files are compiled together, it takes each of them for a header
    target_compile_options(glucoledger_flags INTERFACE -Wno-subobject-linkage)
  endif()
else()  # what gcc's -Wconversion does not mean; who holds which mutex (base/mutex.h), which gcc cannot check
  target_compile_options(glucoledger_flags INTERFACE -Wno-sign-conversion -Wthread-safety -Werror=thread-safety)
endif()
# What people run is harder to take over: overruns of buffers end the program (stack protector, FORTIFY), no table of
# functions is writable (full RELRO), and returns and branch targets can be checked where processor and system do (CET).
# Sanitizers do not go with FORTIFY. tests/commands/hardening looks at the program.
if(CMAKE_BUILD_TYPE STREQUAL Release AND NOT GLUCOLEDGER_SANITIZE)
  target_compile_options(glucoledger_flags INTERFACE -fstack-protector-strong
                         $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>)
  target_compile_definitions(glucoledger_flags INTERFACE _FORTIFY_SOURCE=2)
  target_link_options(glucoledger_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
target_compile_definitions(glucoledger_flags INTERFACE GLUCOLEDGER_VERSION="${PROJECT_VERSION}")
target_include_directories(glucoledger_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(glucoledger_flags INTERFACE Threads::Threads)
if(GLUCOLEDGER_SANITIZE)
  target_compile_options(glucoledger_flags INTERFACE -fsanitize=${GLUCOLEDGER_SANITIZE} -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all -g1)
  target_link_options(glucoledger_flags INTERFACE -fsanitize=${GLUCOLEDGER_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # false alarms in its own library and about Asio's fences, only with sanitizers
    target_compile_options(glucoledger_flags INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
  elseif(GLUCOLEDGER_SANITIZE MATCHES address)  # gcc says it by itself, clang 14 only by __has_feature
    target_compile_definitions(glucoledger_flags INTERFACE __SANITIZE_ADDRESS__)
  endif()
endif()
if(GLUCOLEDGER_FUZZ)
  target_compile_options(glucoledger_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
add_custom_target(fuzzers)
if(GLUCOLEDGER_TESTS AND NOT GLUCOLEDGER_FUZZ)
  add_library(corpus_runner OBJECT ${PROJECT_SOURCE_DIR}/tests/corpus_runner.cpp)
  target_link_libraries(corpus_runner PRIVATE glucoledger_flags)
endif()

# With GLUCOLEDGER_FAST_BUILD the files of a target are compiled eight at a time, as most of the time goes into headers that
# they share. Files that use one name for different things are left out of that: one by one by the property
# SKIP_UNITY_BUILD_INCLUSION, all of a target that a module names after APART.
function(glucoledger_together target)
  if(GLUCOLEDGER_FAST_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

function(glucoledger_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;PACKAGES;TEST_DEPENDS;APART")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "(_(test|fuzz)|/(fake|test)_[a-z_]+)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "(_test|/(fake|test)_[a-z_]+)\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC glucoledger_flags ${arg_DEPENDS} ${arg_PACKAGES})
    if(NOT name IN_LIST arg_APART)
      glucoledger_together(${name})
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE glucoledger_flags ${arg_DEPENDS} ${arg_PACKAGES})
  endif()
  if(GLUCOLEDGER_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_TEST_DEPENDS} GTest::gtest_main)
    if(GLUCOLEDGER_FAST_BUILD)  # to optimise a test takes longer than to run it; FORTIFY wants some of it
      target_compile_options(${name}_test PRIVATE $<IF:$<CONFIG:Release>,-O1,-O0>)
    endif()
    glucoledger_together(${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS quick TIMEOUT 600)
  endif()
  foreach(source ${fuzzers})
    glucoledger_fuzzer(${name} ${source})
  endforeach()
endfunction()

function(glucoledger_fuzzer module source)
  get_filename_component(fuzzer ${source} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" corpus ${fuzzer})
  if(GLUCOLEDGER_FUZZ)
    add_executable(${fuzzer} ${source})
    target_link_libraries(${fuzzer} PRIVATE ${module})
    target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${fuzzer})
  elseif(GLUCOLEDGER_TESTS)
    add_executable(${fuzzer} ${source})
    target_link_libraries(${fuzzer} PRIVATE ${module} corpus_runner)
    add_test(NAME ${fuzzer} COMMAND ${fuzzer} tests/corpus/${corpus} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${fuzzer} PROPERTIES LABELS quick TIMEOUT 600)
  endif()
endfunction()
