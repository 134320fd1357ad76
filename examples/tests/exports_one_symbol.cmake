# cmake -D NM=nm -D APP=app.so -P exports_one_symbol.cmake
execute_process(COMMAND ${NM} --dynamic --defined-only --format=posix ${APP}
  OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " [^\n]*" "" names "${listing}")
string(STRIP "${names}" names)
if(NOT names STREQUAL "appserver_app_v1")
  message(FATAL_ERROR "${APP} must export appserver_app_v1 alone, but exports:\n${names}")
endif()
