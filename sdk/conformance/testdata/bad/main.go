// Command bad is a plugin that keeps to the contract but for one thing, which the
// variable MOOD names. It serves by itself, without go-plugin and the SDK, since
// those would not let it.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

var mood = os.Getenv("MOOD")

func main() {
	note(os.Getpid())
	switch mood {
	case "ends at once":
		log.Fatal("cannot open the database: disk full")
	case "says no handshake":
		time.Sleep(time.Hour)
	case "prints before the handshake":
		fmt.Println("connecting to the database ...")
	case "needs no certificate":
		os.Unsetenv("PLUGIN_CLIENT_CERT")
	}
	p := &plugin{}
	secured, certificate := credentialsOf(os.Getenv("PLUGIN_CLIENT_CERT"))
	options := []grpc.ServerOption{secured}
	if mood != "keeps gRPC's limits" {
		options = append(options, wire.ServerOptions()...)
	}
	server := grpc.NewServer(options...)
	wirepb.RegisterPluginServiceServer(server, p)
	if mood != "has no health" {
		h := health.NewServer()
		h.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
		if mood == "is never well" {
			h.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
		}
		grpc_health_v1.RegisterHealthServer(server, h)
	}
	socket := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plugin")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	if mood == "leaves its socket" {
		listener.(*net.UnixListener).SetUnlinkOnClose(false)
	}
	go terminate(server)
	version := wire.ProtocolVersion
	if mood == "speaks another protocol" {
		version = 7
	}
	place := "unix|" + socket
	if mood == "serves off the machine" {
		place = "tcp|192.0.2.1:80"
	}
	network := "grpc"
	if mood == "speaks net/rpc" {
		network = "netrpc"
	}
	fmt.Printf("1|%d|%s|%s|%s\n", version, place, network, certificate)
	if mood == "leaves a child" || mood == "leaves a daemon" {
		cmd := exec.Command("sleep", "1000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: mood == "leaves a daemon"}
		if err := cmd.Start(); err != nil {
			log.Fatal(err)
		}
		note(cmd.Process.Pid)
	}
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
	if mood == "exits with 3" {
		os.Exit(3)
	}
}

// note adds a process to the file that PIDS names, if it names one.
func note(pid int) {
	name := os.Getenv("PIDS")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(f, pid)
}

// terminate stops the server when the process is told to end.
func terminate(server *grpc.Server) {
	switch mood {
	case "ignores SIGTERM":
		signal.Ignore(syscall.SIGTERM)
		return
	case "dies of SIGTERM":
		return
	}
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	<-told
	time.AfterFunc(200*time.Millisecond, server.Stop)
	server.GracefulStop()
}

// credentialsOf returns plaintext, or TLS towards the gateway's certificate, and
// what stands of it in the handshake.
func credentialsOf(gateway string) (grpc.ServerOption, string) {
	if gateway == "" {
		return grpc.EmptyServerOption{}, ""
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		DNSNames: []string{"localhost"}, SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(gateway))
	config := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}
	if mood == "lets strangers in" {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	if mood == "shows another certificate" {
		other, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			log.Fatal(err)
		}
		other[len(other)-1] ^= 1
		return grpc.Creds(credentials.NewTLS(config)), base64.RawStdEncoding.EncodeToString(other[:len(other)-1])
	}
	return grpc.Creds(credentials.NewTLS(config)), base64.RawStdEncoding.EncodeToString(der)
}
