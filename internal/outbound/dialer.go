package outbound

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// Faults of an address, which only another address, or the operator, can mend.
var (
	errRefused = errors.New("address refused")
	errPlain   = errors.New("http beyond this machine")
)

// Dialer connects to addresses that customers have chosen. It refuses special addresses unless they are Allowed.
type Dialer struct {
	Allowed  []netip.Prefix // networks that may be called although they are private
	Resolver *net.Resolver  // nil is the system's

	loopback bool // only this machine may be called
}

// DialContext connects to an address such as app.company.com:443, within CallTime.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: CallTime, Resolver: d.Resolver, KeepAlive: -1, ControlContext: d.control}
	return dialer.DialContext(ctx, network, address)
}

// control is called with the address that a socket is about to be connected to, for every address of a name. So
// there is no time between the check and the connection in which the name could get another address.
func (d *Dialer) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s %s: %w", errRefused, network, address, err)
	}
	if d.loopback && !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%w: %s", errPlain, to)
	}
	return check(d.Allowed, to.Addr())
}
