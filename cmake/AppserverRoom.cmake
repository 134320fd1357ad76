# A room of the server: one folder below libappserver/, one static library, all its .cpp files.
# DEPENDS names the rooms that stand before it on the road of the data; LINK names libraries of
# others, which stay private to the room. The order itself is checked by tests/checks.
function(appserver_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(room_${name} STATIC ${sources})
    set(scope PUBLIC)
    set(private PRIVATE)
    appserver_warnings(room_${name})
  else()
    add_library(room_${name} INTERFACE)
    set(scope INTERFACE)
    set(private INTERFACE)
  endif()
  target_include_directories(room_${name} ${scope}
    ${PROJECT_SOURCE_DIR}/libappserver ${PROJECT_SOURCE_DIR}/include)
  list(TRANSFORM ROOM_DEPENDS PREPEND room_)
  target_link_libraries(room_${name} ${scope} ${ROOM_DEPENDS})
  target_link_libraries(room_${name} ${private} ${ROOM_LINK})
endfunction()

function(appserver_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual)
  if(APPSERVER_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
