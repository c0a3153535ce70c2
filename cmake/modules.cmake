# A folder under src/ is a namespace, a library target and a test program.
#
#   glucoledger_module(mam DEPENDS crypto PACKAGES OpenSSL::Crypto)
#
# compiles every *.cpp of the folder into the library `mam`, but *_test.cpp, which become the program `mam_test`.

add_library(glucoledger_flags INTERFACE)
target_compile_options(glucoledger_flags INTERFACE -Wall -Wextra -Wconversion -Werror -Wshadow -Wnon-virtual-dtor)
target_compile_definitions(glucoledger_flags INTERFACE GLUCOLEDGER_VERSION="${PROJECT_VERSION}")
target_include_directories(glucoledger_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(glucoledger_flags INTERFACE Threads::Threads)
if(GLUCOLEDGER_SANITIZE)
  target_compile_options(glucoledger_flags INTERFACE -fsanitize=${GLUCOLEDGER_SANITIZE} -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all -g)
  target_link_options(glucoledger_flags INTERFACE -fsanitize=${GLUCOLEDGER_SANITIZE})
endif()

function(glucoledger_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;PACKAGES;TEST_DEPENDS")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC glucoledger_flags ${arg_DEPENDS} ${arg_PACKAGES})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE glucoledger_flags ${arg_DEPENDS} ${arg_PACKAGES})
  endif()
  if(GLUCOLEDGER_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${arg_TEST_DEPENDS} GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS quick TIMEOUT 600)
  endif()
endfunction()
