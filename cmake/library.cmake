# libnetarium.so and libnetarium.a: all rooms but live and cli, and nothing to be seen but what emu/netarium.h declares.
#
# The shared library has that from hidden visibility. For the static one all objects become one, in which what is hidden
# is then local: so the names of the rooms (node_new, link_new ...) do not get into a program's way.
include(GNUInstallDirs)

set(objects "")
foreach(room ${ROOMS})
	if(NOT room MATCHES "^nt_(live|cli)$")
		list(APPEND objects $<TARGET_OBJECTS:${room}>)
	endif()
endforeach()

add_library(libnetarium SHARED ${objects})
set_target_properties(libnetarium PROPERTIES OUTPUT_NAME netarium VERSION ${PROJECT_VERSION} SOVERSION 0
	LINKER_LANGUAGE C)
target_link_libraries(libnetarium PRIVATE PkgConfig::GLIB PkgConfig::PCAP ${LIBNET} PkgConfig::FYAML PkgConfig::JSONGLIB
	${LIBM})
target_include_directories(libnetarium INTERFACE ${CMAKE_SOURCE_DIR}/emu)
install(TARGETS libnetarium LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

if(NOT NETARIUM_SANITIZE)
	set(whole ${CMAKE_BINARY_DIR}/netarium-whole.o)
	add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/libnetarium.a
		COMMAND ${CMAKE_LINKER} -r -o ${whole} ${objects}
		COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${whole}
		COMMAND ${CMAKE_COMMAND} -E rm -f ${CMAKE_BINARY_DIR}/libnetarium.a
		COMMAND ${CMAKE_AR} rcsD ${CMAKE_BINARY_DIR}/libnetarium.a ${whole}
		DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM)
	add_custom_target(libnetarium_static ALL DEPENDS ${CMAKE_BINARY_DIR}/libnetarium.a)
	install(FILES ${CMAKE_BINARY_DIR}/libnetarium.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

file(RELATIVE_PATH UP "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(${CMAKE_CURRENT_LIST_DIR}/netarium.pc.in ${CMAKE_BINARY_DIR}/netarium.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/netarium.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_SOURCE_DIR}/emu/netarium.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
