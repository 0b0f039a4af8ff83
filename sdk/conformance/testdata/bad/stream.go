package main

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// HandleStream answers one call after the other, in its mood.
func (p *plugin) HandleStream(stream wirepb.PluginService_HandleStreamServer) error {
	var writing sync.Mutex
	send := func(answers ...*wirepb.HandleResponse) error {
		writing.Lock()
		defer writing.Unlock()
		return stream.Send(&wirepb.HandleStreamResponse{Answers: answers})
	}
	ended := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() { beat(send, ended) })
	defer beating.Wait()
	defer close(ended)
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) && mood == "never ends its stream" {
			<-stream.Context().Done()
		}
		if errors.Is(err, io.EOF) && mood == "fails at the end of its stream" {
			return errors.New("unexpected end")
		}
		if err != nil {
			return nil
		}
		for _, call := range m.GetCalls() {
			answer := p.answer(call)
			answer.Sequence = call.GetSequence()
			switch {
			case mood == "leaves cancelled calls of a stream open" && len(m.GetCancels()) > 0:
				continue
			case mood == "forgets calls of a stream" && call.GetSequence()%100 == 0:
				continue
			case mood == "answers in bad form by stream" && call.GetSequence() == 7:
				answer.Extra = []byte(`{"MsgBody": []}`)
			case mood == "answers otherwise by stream" && call.GetSequence() == 7:
				answer.ErrorCode = 1
			case mood == "answers twice by stream" && call.GetSequence() == 7:
				if err := send(answer); err != nil {
					return nil
				}
			}
			if err := send(answer); err != nil {
				return nil
			}
		}
	}
}

// beat sends heartbeats until the stream ends.
func beat(send func(...*wirepb.HandleResponse) error, ended <-chan struct{}) {
	if mood == "opens its stream in silence" {
		<-ended
		return
	}
	tick := time.NewTicker(wire.HeartbeatInterval)
	defer tick.Stop()
	for {
		if send() != nil {
			return
		}
		if mood == "keeps an idle stream silent" {
			return
		}
		select {
		case <-tick.C:
		case <-ended:
			return
		}
	}
}
