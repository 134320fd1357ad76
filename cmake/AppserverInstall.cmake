# What `cmake --install` lays down: the program, the headers an app is built against, the library for programs that
# embed the server, and the ways to find them (find_package(appserver) and pkg-config).
include(CMakePackageConfigHelpers)

install(TARGETS appserverd RUNTIME)
install(TARGETS appserver_app EXPORT appserverTargets FILE_SET HEADERS)
install(EXPORT appserverTargets NAMESPACE appserver::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/appserver)
install(TARGETS appserver_server EXPORT appserverServerTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT server
        NAMELINK_COMPONENT server)
install(EXPORT appserverServerTargets NAMESPACE appserver:: COMPONENT server
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/appserver)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/appserverConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/appserverConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/appserver)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/appserverConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/cmake/appserverConfig.cmake
  ${PROJECT_BINARY_DIR}/cmake/appserverConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/AppserverAddApp.cmake
  ${PROJECT_SOURCE_DIR}/cmake/app_exports.map
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/appserver)

configure_file(${PROJECT_SOURCE_DIR}/cmake/appserver.pc.in
               ${PROJECT_BINARY_DIR}/cmake/appserver.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/appserver.pc
        DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

# The library's description lies beside it, and says where it is relative to itself.
file(RELATIVE_PATH APPSERVER_PREFIX_FROM_LIBDIR
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${PROJECT_SOURCE_DIR}/cmake/appserver-server.pc.in
               ${PROJECT_BINARY_DIR}/cmake/appserver-server.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/appserver-server.pc COMPONENT server
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
