# appserver_add_app(NAME SOURCES...)
#
# Builds NAME.so, an app that appserverd can load: headers only, nothing to link, exactly one
# exported symbol. Link what the app itself needs with target_link_libraries(NAME PRIVATE ...).
function(appserver_add_app name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE appserver::app)
  set_target_properties(${name} PROPERTIES
    PREFIX ""
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  # A unique symbol would pin the library in memory and be shared between builds of it.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/app_exports.map)
  target_link_options(${name} PRIVATE LINKER:--version-script=${exports})
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${exports})
endfunction()
