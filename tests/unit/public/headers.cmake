# Each public header is compiled alone, with all warnings: none may lean on what another one includes.
file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR}/include CONFIGURE_DEPENDS
     ${PROJECT_SOURCE_DIR}/include/appserver/*.h ${PROJECT_SOURCE_DIR}/include/appserver/*.hpp)
list(FILTER headers EXCLUDE REGEX /detail/)
foreach(header ${headers})
  string(MAKE_C_IDENTIFIER ${header} name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/public_headers/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n")
  list(APPEND sources ${source})
endforeach()
add_library(public_headers OBJECT ${sources})
target_link_libraries(public_headers PRIVATE appserver::app)
target_compile_options(public_headers PRIVATE -O0)  # only the front end is of interest
appserver_warnings(public_headers)
