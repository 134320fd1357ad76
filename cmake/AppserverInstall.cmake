# What `cmake --install` lays down: the program, the headers an app is built against, and the ways to find them
# (find_package(appserver) and pkg-config).
include(CMakePackageConfigHelpers)

install(TARGETS appserverd RUNTIME)
install(TARGETS appserver_app EXPORT appserverTargets FILE_SET HEADERS)
install(EXPORT appserverTargets NAMESPACE appserver::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/appserver)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/appserverConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/appserverConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/appserver)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/appserverConfigVersion.cmake COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
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
